// The Node Js sample of CENTAGATE's page "Token Registration (One Time Pin) API", as it stands there.
const https = require('https')
var crypto = require('crypto');
var username = "<username>";
var status = "<status>";
var validity = "<validity>";
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
	username: username,
	status: status,
	validity: validity,
	cenToken: hash
})
const options = {
	hostname: "<domain_name>",
	port: 443,
	path:'/CentagateWS/webresources/device/register/onetimepin/'+adminUsername,
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
