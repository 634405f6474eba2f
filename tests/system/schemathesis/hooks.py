"""What the document cannot say."""

import uuid

import schemathesis

keys = set()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # JSON Schema takes 600.0 for an integer, the contract wants it without a fraction.
    if isinstance(case.body, dict) and isinstance(case.body.get("validitySeconds"), float):
        case.body["validitySeconds"] = int(case.body["validitySeconds"])
    # A key that was used for another request is refused, so each one is used once.
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None:
        if key.strip('"') in keys:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        keys.add(key.strip('"'))
