// Calls CENTAGATE directly, in JavaScript for Node.js: registers a user, then a one-time PIN token for another user.
// Standard input has four lines: the server's URL, the admin's username, the authToken and the secretCode.
'use strict';

const { createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');

const [server, adminUsername, authToken, secretCode] = readFileSync(0, 'utf8').split('\n');
const cenToken = createHmac('sha256', secretCode).update(adminUsername + authToken).digest('hex');

async function call(path, parameters) {
  const url = `${server}/CentagateWS/webresources/${path}/${encodeURIComponent(adminUsername)}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...parameters, cenToken }),
  });
  console.log(await response.text());
}

async function main() {
  await call('user/registerUserActivate', {
    firstName: 'Zoë',
    lastName: "O'Brien 李",
    username: 'zoë@example.com',
    userApp: 'portal',
    userUniqueId: '4711',
    userClientId: 'C/4711',
    userAdditionalData1: 'one',
    userAdditionalData2: 'two',
    userAdditionalData3: 'three',
    userAdditionalData4: 'four',
    userAdditionalData5: 'five',
    roles: '3',
    userGroup: 'Staff',
    userEmail: 'zoe@example.com',
  });
  await call('device/register/onetimepin', { username: 'bob', status: '2', validity: '600' });
}

main();
