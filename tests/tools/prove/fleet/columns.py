"""What is wrong with queries on the tables of docs/fleet/schema.sql: a line for each.

python columns.py SCHEMA.sql, in the environment of requirements-fleet.txt; the input is a JSON object of queries by
name. The first line that it prints are the tables, as JSON {table: [column]}.
"""

import json
import re
import sys

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

# Not for a table's columns, or unknown to the parser.
_LEFT_OUT = (
    r"WITH \(timescaledb[^)]*\)|WITH NO DATA|GRANT [^;]*;|CREATE EXTENSION [^;]*;"
    r"|ALTER TABLE \w+ SET \(timescaledb[^;]*;"
)


def tables(text):
    """{table: {column: type}} of a schema; of a view the names that its query gives."""
    found = {}
    for statement in sqlglot.parse(text, read="postgres", error_level=sqlglot.ErrorLevel.RAISE):
        if not isinstance(statement, exp.Create) or statement.kind not in ("TABLE", "VIEW"):
            continue
        name = statement.find(exp.Table).name
        if statement.kind == "TABLE":
            found[name] = {column.name: column.args["kind"].sql() for column in statement.find_all(exp.ColumnDef)}
        else:
            checked(statement.expression, found)
            found[name] = dict.fromkeys(statement.expression.named_selects, "double precision")
    return found


def checked(query, schema):
    """Raise for a table or a column that is not there."""
    names = {one.alias_or_name for one in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if table.name not in schema and table.name not in names:
            raise ValueError("no table " + table.name)
    qualify(query.copy(), schema=schema, dialect="postgres", validate_qualify_columns=True)


def main(path):
    with open(path) as file:
        text = re.sub(_LEFT_OUT, "", file.read())
    schema = tables(text)
    print(json.dumps({name: list(columns) for name, columns in schema.items()}))
    for name, query in json.load(sys.stdin).items():
        try:
            checked(sqlglot.parse_one(query, read="postgres"), schema)
        except (ValueError, sqlglot.errors.SqlglotError) as error:
            print("%s: %s" % (name, error))


if __name__ == "__main__":
    main(*sys.argv[1:])
