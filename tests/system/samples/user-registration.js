// The Node Js sample of CENTAGATE's page "User Registration API", as it stands there.
const https = require('https')
var crypto = require('crypto');
var firstName = "<firstName>";
var lastName = "<lastName>";
var username = "<username>";
var userApp = "<userApp>";
var userUniqueId = "<userUniqueId>";
var userClientId = "<userClientId>";
var userAdditionalData1 = "<userAdditionalData1>";
var userAdditionalData2 = "<userAdditionalData2>";
var userAdditionalData3 = "<userAdditionalData3>";
var userAdditionalData4 = "<userAdditionalData4>";
var userAdditionalData5 = "<userAdditionalData5>";
var userEmail = "<userEmail>";
var roles = "<roles>";
var userGroup = "<userGroup>";
var adminUsername = "<adminUsername>";
var authToken = "<authToken>";
var secretCode = "<secretCode>";
var cenTokenText = adminUsername + authToken;
var hash, cenToken;
/* generate cenToken value*/
cenToken = crypto.createHmac(sha256, secretCode);
cenToken.write(cenTokenText);
cenToken.end();
hash = cenToken.read().toString('hex');
const data = JSON.stringify({
firstName: firstName,
lastName: lastName,
username: username,
userApp: userApp,
userUniqueId: userUniqueId,
userClientId: userClientId,
userAdditionalData1: userAdditionalData1,
userAdditionalData2: userAdditionalData2,
userAdditionalData3: userAdditionalData3,
userAdditionalData4: userAdditionalData4,
userAdditionalData5: userAdditionalData5,
userEmail: userEmail,
roles: roles,
userGroup: userGroup,
cenToken: hash
})
const options = {
hostname: "<domain_name>",
port: 443,
path:'/CentagateWS/webresources/user/registerUserActivate/'+adminUsername,
method: 'PUT',
headers: {
'Accept': 'application/json',
'Content-Type': 'application/json',
}
}
const req = https.request(options, res =>{
console.log(`HTTP Status Code: ${res.statusCode}`)
var body = '';
res.on('data', function(d){
body += d;
var parsed = JSON.parse(body);
if (parsed.code == 0){
console.log('Authentication Succeed');
console.log('Response:');
console.log(body);
}
else {
console.log('Authentication Fail, ' +'Message:' + parsed.message);
console.log('Code:' + parsed.code);
}
})
})
req.on('ERROR', error => {
console.error(error)
})
req.write(data)
req.end()
