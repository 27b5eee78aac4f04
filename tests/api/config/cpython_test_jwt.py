"""Tokens against PyJWT: it reads our tokens, and we accept the valid ones of its."""

import jwt
import pytest

from tests.api.config.test_api_auth import Clock, tokens


def test_pyjwt_reads_ours():
    made = tokens()
    token = made.issue()
    claims = jwt.decode(token, made.key, algorithms=["HS256"], audience="cozify-han", options={"verify_exp": False})
    assert claims["scope"] == "ota:write" and claims["exp"] == Clock.unix // 1000 + 300
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, b"x" * 32, algorithms=["HS256"], audience="cozify-han")
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, made.key, algorithms=["HS256"], audience="other", options={"verify_exp": False})


def test_ours_reads_pyjwt():
    made = tokens()
    claims = jwt.decode(made.issue(), options={"verify_signature": False})
    assert made.refuse("Bearer " + jwt.encode(claims, made.key, "HS256")) is None
    assert made.refuse("Bearer " + jwt.encode(dict(claims, scope="ota:*"), made.key, "HS256")) is None
    assert made.refuse("Bearer " + jwt.encode(dict(claims, scope="x"), made.key, "HS256"))[0] == 403
    for other in (
        jwt.encode(claims, made.key[::-1], "HS256"),
        jwt.encode(claims, made.key * 2, "HS512"),
        jwt.encode(claims, None, "none"),
        jwt.encode(dict(claims, aud="other"), made.key, "HS256"),
        jwt.encode({"aud": "cozify-han", "scope": "ota:write"}, made.key, "HS256"),
    ):
        assert made.refuse("Bearer " + other)[0] == 401
