"""What the document cannot say about a request that is accepted."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive or not isinstance(case.body, dict):
        return
    if case.body.get("group") is not None:
        case.body["group"] = "Staff"  # any legal name is a group's, but only an existing group takes users
    seconds = case.body.get("validitySeconds")
    if isinstance(seconds, float):
        case.body["validitySeconds"] = int(seconds)  # JSON Schema takes 600.0 for an integer, the contract does not
