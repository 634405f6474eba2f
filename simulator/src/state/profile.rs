//! The profile of a user by the names of the members of `updateUser`.

use super::User;

impl User {
    /// The value of a profile member.
    ///
    /// # Panics
    /// There is no such member.
    pub(crate) fn profile_mut(&mut self, member: &str) -> &mut String {
        match member {
            "firstName" => &mut self.first_name,
            "lastName" => &mut self.last_name,
            "address" => &mut self.address,
            "zip" => &mut self.zip,
            "city" => &mut self.city,
            "state" => &mut self.state,
            "email" => &mut self.email,
            "availApps" => &mut self.app,
            "clientId" => &mut self.client_id,
            "userGroupName" | "userGroup" => &mut self.group,
            "roles" => &mut self.role,
            _ => panic!("no profile has {member}"),
        }
    }
}
