"""Calls the gateway with the generated client. The arguments are the URL and the caller key."""

import sys

from centagate_gateway_client import AuthenticatedClient
from centagate_gateway_client.api.otp_tokens import register_otp_token
from centagate_gateway_client.api.users import create_user, get_user
from centagate_gateway_client.models import (
    CreatedUser,
    CreateUserRequest,
    OtpTokenStatus,
    Problem,
    RegisteredOtpToken,
    RegisterOtpTokenRequest,
    Role,
    User,
)

url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
request = CreateUserRequest(
    username="alice",
    first_name="Alice",
    last_name="Archer",
    email="alice@example.com",
    group="Staff",
    app="portal",
)

created = create_user.sync(client=client, body=request, idempotency_key="order-4711")
assert isinstance(created, CreatedUser) and created.role == Role.USER, created
again = create_user.sync(client=client, body=request)
assert isinstance(again, Problem) and again.code == "username_taken", again
token = register_otp_token.sync("alice", client=client, body=RegisterOtpTokenRequest(status=OtpTokenStatus.VALID))
assert isinstance(token, RegisteredOtpToken) and token.passcode, "a passcode"
user = get_user.sync("alice", client=client)
assert isinstance(user, User) and user.username == "alice", user

# Words and statuses that later versions may add.
document = {**again.to_dict(), "code": "a_later_problem", "outcome": "aLaterWord", "laterMember": 1}
assert Problem.from_dict(document).to_dict() == document
print("called")
