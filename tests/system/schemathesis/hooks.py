"""What the document cannot say: JSON Schema takes 600.0 for an integer, the contract wants it without a fraction."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive or not isinstance(case.body, dict):
        return
    seconds = case.body.get("validitySeconds")
    if isinstance(seconds, float):
        case.body["validitySeconds"] = int(seconds)
