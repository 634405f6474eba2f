// The PHP sample of CENTAGATE's page "Token Registration (One Time Pin) API", as it stands there.
<?php
    $adminUsername = "<adminUsername>";
    $url = 'https://<domain_name>/CentagateWS/webresources/device/register/onetimepin/'.$adminUsername;
    $ch = curl_init($url);
    $secretCode = "<secretCode>";
    $authToken = "<authToken>";
    $username = "<username>";
    $status = "<status>";
    $validity = "<validity>";
    $cenToken_text = $adminUsername.$authToken;
    $cenToken = hash_hmac('sha256', $cenToken_text, $secretCode); // calculate cenToken value
    $jsonData = array (
    	'username'=> $username,
    	'status'=> $status,
    	'validity'=> $validity,
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
