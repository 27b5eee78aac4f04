"""Makes docs/api.md from docs/openapi.yaml: the same contents as tables for people.

All texts of the page are from that document. The unit of a field is its `x-unit`.
"""

from tools.docs import openapi

_HEAD = """# The API, path by path

%s

All requests and answers are described in [openapi.yaml](openapi.yaml), in a form that programs read. This page is made
from it by `make reference`.

A *token* comes from [`/auth/token`](#get-post-authtoken).

"""


class _Page:
    """Builds the page of a document. `lines`: the lines so far."""

    def __init__(self, document):
        self.document = document
        self.schemas = document["components"]["schemas"]
        self.lines = [_HEAD % document["info"]["description"].strip()]

    def write(self, *lines):
        self.lines += [line + "\n" for line in lines]

    def resolved(self, node):
        """The node with its $ref replaced by the target; keys beside the $ref win over those of the target."""
        while "$ref" in node:
            found = self.document
            for name in node["$ref"][2:].split("/"):
                found = found[name]
            node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def paths(self):
        """Write a chapter for each tag, in the document's order."""
        for tag in self.document["tags"]:
            self.write("## %s" % tag["name"].capitalize(), "")
            for path, item in self.document["paths"].items():
                for methods, operation in _alike(item):
                    if tag["name"] in operation["tags"]:
                        self.operation(path, methods, operation)

    def operation(self, path, methods, operation):
        """Write the section of a path and of the methods that do the same there."""
        self.write("### %s `%s`" % (", ".join(methods), path), "", _sentence(operation["summary"]), "")
        if "description" in operation:
            self.write(operation["description"].strip(), "")
        access = operation.get("security")
        if access:
            names = [name for way in access for name in way]
            free = "needed for some requests" if {} in access else "needed"
            self.write("Access: %s, %s." % (" or ".join(names), free), "")
        parameters = [self.resolved(parameter) for parameter in operation.get("parameters", ())]
        if parameters:
            self.write("| parameter | in | may be | meaning |", "|---|---|---|---|")
            for one in parameters:
                self.row("`%s`" % one["name"], one["in"], self.kind(one["schema"]), one["description"])
            self.write("")
        if "requestBody" in operation:
            self.write("| body | |", "|---|---|")
            for media, content in self.resolved(operation["requestBody"])["content"].items():
                self.row("`%s`" % media, self.kind(content["schema"]))
            self.write("")
        self.write("| status | answer | |", "|---|---|---|")
        refusals = []
        for status, answer in operation["responses"].items():
            if status >= "4":
                refusals.append("%s %s" % (status, answer["$ref"].rpartition("/")[2]))
            else:
                answer = self.resolved(answer)
                self.row(status, self.body(answer), answer["description"])
        self.write("", "[Refusals](#refusals): %s." % ", ".join(refusals), "")

    def body(self, answer):
        """The contents of an answer, in words."""
        forms = {}
        for media, content in answer.get("content", {}).items():
            forms.setdefault(self.kind(content["schema"]), []).append("`%s`" % media)
        return "; ".join("%s as %s" % (form, " or ".join(media)) for form, media in forms.items()) or "nothing"

    def refusals(self):
        """Write a row for each kind of refusal."""
        self.write("## Refusals", "", "| | answer | why |", "|---|---|---|")
        named = {}
        for item in self.document["paths"].values():
            for _, operation in _alike(item):
                named.update((one["$ref"], status) for status, one in operation["responses"].items() if status >= "4")
        for reference, status in sorted(named.items(), key=lambda one: (one[1], one[0])):
            answer = self.resolved({"$ref": reference})
            self.row("%s %s" % (status, reference.rpartition("/")[2]), self.body(answer), answer["description"])
        self.write("")

    def objects(self):
        """Write a table for each kind of object."""
        self.write("## Objects", "")
        for name, schema in self.schemas.items():
            if "properties" not in schema:
                continue
            self.write("### Object %s" % name, "", _sentence(schema["description"]), "")
            self.write("| field | is | unit | meaning |", "|---|---|---|---|")
            self.fields(schema, "")
            self.write("")

    def fields(self, schema, path):
        """Write a row for each field, each followed by those of its inner objects."""
        for name, inner in schema["properties"].items():
            whole = self.resolved(inner)
            kind = self.kind({key: value for key, value in inner.items() if key != "description"})
            self.row("`%s%s`" % (path, name), kind, whole.get("x-unit", ""), whole.get("description", ""))
            if "$ref" not in inner:
                self.inside(inner, path + name)

    def inside(self, schema, path):
        """Write the rows of an inner object, or of a list's objects, without a name of its own."""
        if "properties" in schema:
            self.fields(schema, path + ".")
        elif isinstance(schema.get("items"), dict):
            self.inside(schema["items"], path + "[]")

    def row(self, *cells):
        self.write("| %s |" % " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells))

    def kind(self, schema):
        """The allowed values of a schema, in words."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if "properties" in self.schemas.get(name, ()):
                return "[%s](#object-%s)" % (name, name.lower())
            schema = self.resolved(schema)
        if "const" in schema:
            return _value(schema["const"])
        if "enum" in schema:
            return ", ".join(_value(value) for value in schema["enum"])
        if "anyOf" in schema:
            return "; ".join(dict.fromkeys(self.kind(one) for one in schema["anyOf"]))
        types = schema.get("type", "any")
        return " or ".join(self.of_type(one, schema) for one in ([types] if isinstance(types, str) else types))

    def of_type(self, kind, schema):
        """The same for one of the types of a schema."""
        if kind in ("integer", "number"):
            return kind + _range(schema.get("minimum"), schema.get("maximum"))
        if kind == "string":
            if "format" in schema:
                return {"binary": "bytes", "ipv4": "IPv4 address", "uuid": "UUID"}[schema["format"]]
            if schema.get("maxLength") == 0:
                return "empty text"
            return "text" + ("" if "pattern" in schema else _range(None, schema.get("maxLength"), " characters"))
        if kind == "array":
            least, most = schema.get("minItems"), schema.get("maxItems")
            if "prefixItems" in schema:
                return "list of " + ", ".join(self.kind(item) for item in schema["prefixItems"])
            count = "%d × " % most if most and least == most else "at most %d × " % most if most else ""
            return "list of %s%s" % (count, self.kind(schema["items"]))
        return kind


def _alike(item):
    """[([METHOD, …], operation)] of a path; methods with the same operation are grouped."""
    found = []
    for method in openapi.METHODS:
        if method in item:
            operation = item[method]
            for methods, other in found:
                if all(operation.get(key) == other.get(key) for key in {*operation, *other} - {"operationId"}):
                    methods.append(method.upper())
                    break
            else:
                found.append(([method.upper()], operation))
    return found


def _range(low, high, unit=""):
    if low is not None and high is not None:
        return ", %d to %d%s" % (low, high, unit)
    if high is not None:
        return ", at most %d%s" % (high, unit)
    return ", %d%s or more" % (low, unit) if low is not None else ""


def _value(value):
    return "null" if value is None else "`%s`" % (str(value).lower() if isinstance(value, bool) else value)


def _sentence(text):
    text = " ".join(text.split())
    return text if text.endswith((".", ":")) else text + "."


def text():
    """The page as Markdown text."""
    page = _Page(openapi.document())
    page.paths()
    page.refusals()
    page.objects()
    return "".join(page.lines).rstrip("\n") + "\n"
