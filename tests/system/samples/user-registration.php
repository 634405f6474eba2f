// The PHP sample of CENTAGATE's page "User Registration API", as it stands there.
<?php
$adminUsername = "<adminUsername>";
$url = 'https://<domain_name>/CentagateWS/webresources/user/registerUserActivate/'.$adminUsername;
$ch = curl_init($url);
$secretCode = "<secretCode>";
$authToken = "<authToken>";
$firstName = "<firstName>";
$lastName = "<lastName>";
$username = "<username>";
$userApp = "<userApp>";
$userUniqueId = "<userUniqueId>";
$userClientId = "<userClientId>";
$userAdditionalData1 = "<userAdditionalData1>";
$userAdditionalData2 = "<userAdditionalData2>";
$userAdditionalData3 = "<userAdditionalData3>";
$userAdditionalData4 = "<userAdditionalData4>";
$userAdditionalData5 = "<userAdditionalData5>";
$userEmail = "<userEmail>";
$roles = "<roles>";
$userGroup = "<userGroup>";
$cenToken_text = $adminUsername.$authToken;
$cenToken = hash_hmac('sha256', $cenToken_text, $secretCode); // calculate cenToken value
$jsonData = array (
'firstName'=> $firstName,
'lastName'=> $lastName,
'username'=> $username,
'userApp'=> $userApp,
'userUniqueId'=> $userUniqueId,
'userClientId'=> $userClientId,
'userAdditionalData1'=> $userAdditionalData1,
'userAdditionalData2'=> $userAdditionalData2,
'userAdditionalData3'=> $userAdditionalData3,
'userAdditionalData4'=> $userAdditionalData4,
'userAdditionalData5'=> $userAdditionalData5,
'userEmail'=> $userEmail,
'roles'=> $roles,
'userGroup'=> $userGroup,
'cenToken' => $cenToken
);
$jsonDataEncoded = json_encode($jsonData);
curl_setopt($ch, CURLOPT_CUSTOMREQUEST, 'PUT');
curl_setopt($ch, CURLOPT_POSTFIELDS, $jsonDataEncoded);
curl_setopt($ch, CURLOPT_HTTPHEADER, array('Content-Type: application/json'));
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
$result = curl_exec($ch);
$obj = json_decode($result);
if ($obj->{'code'} != 0){
print "Authentication fail";
print "Message: ".$obj->{'message'};
echo " <br>";
print "Code: ".$obj->{'code'};
}
else {
print "Authentication succeed";
echo " <br>";
print "Message: ".$obj->{'message'};
echo " <br>";
print "Code: ".$obj->{'code'};
echo " <br>";
print "Result:" ;
echo " <br>";
print $result;
}
curl_close($ch);
?>
