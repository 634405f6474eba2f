// The Java sample of CENTAGATE's page "User Registration API", as it stands there.
public static void main(String[] args) {
ClientConfig config = new DefaultClientConfig ();
Client client = Client.create ( config );
WebResource service = client.resource ("https://<domain_name>/CentagateWS/webresources");
Gson gson = new Gson();
String authToken = "{authToken}"
String adminUsername = "{adminUsername}";
String secretCode "{secretCode}";
String cenToken = convertHmacSha256(secretCode, adminUsername + authToken);
HashMap<String, String> map = new HashMap<String, String>();
map.put("firstName", "firstName");
map.put("lastName", "lastName");
map.put("username", "username");
map.put("userApp", "userApp");
map.put("userUniqueId", "userUniqueId");
map.put("userClientId", "userClientId");
map.put("userAdditionalData1", "userAdditionalData1");
map.put("userAdditionalData2", "userAdditionalData2");
map.put("userAdditionalData3", "userAdditionalData3");
map.put("userAdditionalData4", "userAdditionalData4");
map.put("userAdditionalData5", "userAdditionalData5");
map.put("userEmail", "userEmail");
map.put("roles", "roles");
map.put("userGroup", "userGroup");
map.put("cenToken", cenToken);
ClientResponse response = service.path("user").path("registerUserActivate").path(adminUsername).accept(MediaType.APPLICATION_JSON).put(ClientResponse.class, gson.toJson(map));
String retJson = response.getEntity(String.class);
HashMap<String, Object> returnData = (HashMap<String, Object>) gson.fromJson(retJson, HashMap.class);
String code = returnData.get("code").toString();
String message = returnData.get("message").toString();
String object = returnData.get("object").toString();
}
public static String convertHmacSha256(String secretKey, String params) throws NoSuchAlgorithmException,
InvalidKeyException,IllegalStateException, SignatureException, NoSuchProviderException, Exception
{
try
{
final SecretKeySpec secret_key = new SecretKeySpec ( StringUtils.getBytesUtf8 ( secretKey ) , "HmacSHA256" );
final Mac mac = Mac.getInstance ( "HmacSHA256" );
mac.init ( secret_key );
final byte[] bytes = mac.doFinal ( StringUtils.getBytesUtf8 ( params ) );
return Hex.encodeHexString ( bytes );
}
catch ( NoSuchAlgorithmException e )
{
throw new NoSuchAlgorithmException ( e );
}
catch ( InvalidKeyException e )
{
throw new InvalidKeyException ( e );
}
catch ( IllegalStateException e )
{
throw new IllegalStateException ( e );
}
catch ( Exception e )
{
throw new Exception ( e );
}
}
