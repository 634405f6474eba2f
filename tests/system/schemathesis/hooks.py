"""Rules that the document cannot express."""

import re
import uuid
from urllib.parse import quote, unquote

import schemathesis

keys = set()

# The patterns cannot exclude these characters, because not every regular expression engine supports that.
UNTYPEABLE = re.compile("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]")


def typeable(value):
    if isinstance(value, str):
        return "a" * len(value) if value in (".", "..") else UNTYPEABLE.sub("a", value)
    if isinstance(value, dict):
        return {name: typeable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typeable(item) for item in value]
    return value


def make_codes_different(body):
    """The document does not use `uniqueItems`, because generated clients would use a set and lose the order of the codes."""
    codes = body.get("codes")
    if isinstance(codes, list) and len(codes) == 2 and codes[0] == codes[1]:
        codes[1] = ("1" if codes[0][0] == "0" else "0") + codes[0][1:]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # JSON Schema accepts 600.0 as an integer. The contract requires a number without a fraction.
    if isinstance(case.body, dict) and isinstance(case.body.get("validitySeconds"), float):
        case.body["validitySeconds"] = int(case.body["validitySeconds"])
    if isinstance(case.body, dict):
        case.body = typeable(case.body)
        make_codes_different(case.body)
    if case.path_parameters:
        # schemathesis has already percent-encoded these values.
        decoded = {name: unquote(value) for name, value in case.path_parameters.items()}
        case.path_parameters = {name: quote(value, safe="") for name, value in typeable(decoded).items()}
    # The gateway refuses a key that was used for another request, so each key is used once.
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None:
        if key.strip('"') in keys:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        keys.add(key.strip('"'))
