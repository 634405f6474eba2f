//! `user/updatebyusername`: changes a user's profile (vendor's API reference; life-cycle facts, section 3.1).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{Email, Role, Text, Username};

/// The new values of a user. An absent value stays as it is.
#[derive(Debug)]
pub struct UpdateUser {
    /// The user name. It cannot change.
    pub username: Username,
    /// The first name.
    pub first_name: Option<Text>,
    /// The last name.
    pub last_name: Option<Text>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The name of the user's group.
    pub group: Option<Text>,
    /// The role.
    pub role: Option<Role>,
    /// The application that the user belongs to.
    pub app: Option<Text>,
    /// The user's client ID in that application.
    pub client_id: Option<Text>,
    /// The street and the house number.
    pub address: Option<Text>,
    /// The postal code.
    pub zip: Option<Text>,
    /// The city.
    pub city: Option<Text>,
    /// The state or the province.
    pub state: Option<Text>,
}

/// The group is `userGroupName` here, but `userGroup` at registration. Absent values are omitted: CENTAGATE reads null as
/// absent, and `""` may erase a value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_group_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avail_apps: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

impl Call for UpdateUser {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/updatebyusername",
        connection: ConnectionKind::Shared,
        codes: &[
            (21001, Meaning::GroupNotFound),
            // Not documented for this call, but it can change the e-mail address.
            (22001, Meaning::EmailTaken),
            (22002, Meaning::UserNotFound),
            (22029, Meaning::EditPendingApproval),
            (22031, Meaning::InternalFault),
        ],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        fn text(text: Option<&Text>) -> Option<&str> {
            text.map(Text::as_str)
        }
        Members {
            username: self.username.as_str(),
            first_name: text(self.first_name.as_ref()),
            last_name: text(self.last_name.as_ref()),
            email: self.email.as_ref().map(Email::as_str),
            user_group_name: text(self.group.as_ref()),
            roles: self.role.map(|role| match role {
                Role::CompanyAdmin => "2",
                Role::User => "3",
                Role::GroupAdmin => "4",
            }),
            avail_apps: text(self.app.as_ref()),
            client_id: text(self.client_id.as_ref()),
            address: text(self.address.as_ref()),
            zip: text(self.zip.as_ref()),
            city: text(self.city.as_ref()),
            state: text(self.state.as_ref()),
        }
    }

    /// The reply has no values: its `object` is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
