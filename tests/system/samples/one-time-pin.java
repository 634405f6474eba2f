// The Java sample of CENTAGATE's page "Token Registration (One Time Pin) API", as it stands there.
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
	map.put("username", "username");
	map.put("status", "status");
	map.put("validity", "validity");
	map.put("cenToken", cenToken);
	ClientResponse response = service.path("device").path("register").path("onetimepin").path(adminUsername).accept(MediaType.APPLICATION_JSON).put(ClientResponse.class, gson.toJson(map));
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
