//! `user/registerUserActivate`: registers an active user (vendor page "User Registration API").

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::object::{text, unwrap};
use crate::centagate::return_code::Meaning;
use crate::domain::{Email, Role, Text, Username};

/// A user to register. Registration sets no password: the call has no member for one.
#[derive(Debug)]
pub struct CreateUser {
    /// The user name. It cannot be changed later.
    pub username: Username,
    /// The first name.
    pub first_name: Text,
    /// The last name.
    pub last_name: Text,
    /// The e-mail address.
    pub email: Email,
    /// The name of the user's group.
    pub group: Text,
    /// The role.
    pub role: Role,
    /// The application that the user belongs to.
    pub app: Text,
    /// The user's unique ID in that application.
    pub unique_id: Text,
    /// The user's client ID in that application.
    pub client_id: Text,
    /// Up to five free texts.
    pub additional_data: Vec<Text>,
}

/// The answer to [`CreateUser`].
#[derive(Debug, PartialEq, Eq)]
pub struct CreatedUser {
    /// CENTAGATE's ID of the user, if the reply had one.
    pub centagate_id: Option<String>,
}

/// Parameters 1 to 14 of the page; parameter 15 is the cenToken.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    first_name: &'a str,
    last_name: &'a str,
    username: &'a str,
    user_app: &'a str,
    user_unique_id: &'a str,
    user_client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data4: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data5: Option<&'a str>,
    roles: &'static str,
    user_group: &'a str,
    user_email: &'a str,
}

impl Call for CreateUser {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/registerUserActivate",
        connection: ConnectionKind::Shared,
        codes: &[
            (21001, Meaning::GroupNotFound),
            (22001, Meaning::EmailTaken),
            (22013, Meaning::UserLimitReached),
            (22025, Meaning::UsernameTaken),
        ],
        // The page lists no 10001 (wire facts, section 3.1).
        ended_session_codes: &[10002, 20002],
    };

    type Answer = CreatedUser;

    fn members(&self) -> impl Serialize {
        let additional_data = |index: usize| self.additional_data.get(index).map(Text::as_str);
        Members {
            first_name: self.first_name.as_str(),
            last_name: self.last_name.as_str(),
            username: self.username.as_str(),
            user_app: self.app.as_str(),
            user_unique_id: self.unique_id.as_str(),
            user_client_id: self.client_id.as_str(),
            user_additional_data1: additional_data(0),
            user_additional_data2: additional_data(1),
            user_additional_data3: additional_data(2),
            user_additional_data4: additional_data(3),
            user_additional_data5: additional_data(4),
            roles: match self.role {
                Role::CompanyAdmin => "2",
                Role::User => "3",
                Role::GroupAdmin => "4",
            },
            user_group: self.group.as_str(),
            user_email: self.email.as_str(),
        }
    }

    /// The user's ID as a bare string (vendor's API reference 3.2.1.1); an object with an ID is likely enough to be read, too.
    fn decode(object: Value) -> Answer<CreatedUser> {
        let centagate_id = match unwrap(object) {
            Value::Object(mut members) => {
                ["userId", "id"].into_iter().find_map(|name| members.remove(name)).and_then(text)
            }
            scalar => text(scalar),
        };
        Answer { is_readable: centagate_id.is_some(), value: CreatedUser { centagate_id } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::CreateUser;
    use crate::centagate::call::Call;

    fn id(object: Value) -> Option<String> {
        CreateUser::decode(object).value.centagate_id
    }

    #[test]
    fn a_user_id_is_found_in_every_shape_that_is_known_or_likely() {
        for object in [
            json!("u-1"),
            json!("\"u-1\""),
            json!({"userId": "u-1"}),
            json!({"id": "u-1"}),
            json!("{\"id\":\"u-1\"}"),
            json!("\u{feff}{\"id\":\"u-1\",\"note\":\"two\nlines\"}"),
            json!(["u-1"]),
        ] {
            assert_eq!(id(object.clone()).as_deref(), Some("u-1"), "{object}");
        }
        assert_eq!(id(json!(42)).as_deref(), Some("42"), "a number becomes text");
        assert_eq!(id(json!("007")).as_deref(), Some("007"), "digits stay text");
        for object in [json!(null), json!(""), json!(true), json!([]), json!(["a", "b"]), json!({})] {
            assert_eq!(id(object.clone()), None, "{object}");
        }
    }
}
