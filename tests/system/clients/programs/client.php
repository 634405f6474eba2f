<?php
// Calls CENTAGATE directly, in PHP: registers a user, then a one-time PIN token for another user.
// Standard input has four lines: the server's URL, the admin's username, the authToken and the secretCode.
declare(strict_types=1);

final class Centagate
{
    private string $cenToken;

    public function __construct(private string $server, private string $admin, string $authToken, string $secretCode)
    {
        $this->cenToken = hash_hmac('sha256', $admin . $authToken, $secretCode);
    }

    public function call(string $path, array $parameters): void
    {
        $url = "{$this->server}/CentagateWS/webresources/$path/" . rawurlencode($this->admin);
        $request = [
            'method' => 'PUT',
            'header' => 'Content-Type: application/json',
            'content' => json_encode([...$parameters, 'cenToken' => $this->cenToken], JSON_THROW_ON_ERROR),
        ];
        echo file_get_contents($url, false, stream_context_create(['http' => $request])), "\n";
    }
}

$centagate = new Centagate(...file('php://stdin', FILE_IGNORE_NEW_LINES));
$centagate->call('user/registerUserActivate', [
    'firstName' => 'Zoë',
    'lastName' => "O'Brien 李",
    'username' => 'zoë@example.com',
    'userApp' => 'portal',
    'userUniqueId' => '4711',
    'userClientId' => 'C/4711',
    'userAdditionalData1' => 'one',
    'userAdditionalData2' => 'two',
    'userAdditionalData3' => 'three',
    'userAdditionalData4' => 'four',
    'userAdditionalData5' => 'five',
    'roles' => '3',
    'userGroup' => 'Staff',
    'userEmail' => 'zoe@example.com',
]);
$centagate->call('device/register/onetimepin', ['username' => 'bob', 'status' => '2', 'validity' => '600']);
