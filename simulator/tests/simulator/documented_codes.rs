//! The return codes that the vendor documents for each call: `wire-facts.md` sections 3.1, 3.2 and 4.1, and
//! `life-cycle-facts.md` section 3.

use centagate_simulator::Operation;

/// A call, the codes that follow from its state, and the codes that only an instruction produces.
///
/// Inferred, not documented: 22001 of `updateUser`, all codes of `setPassword`, 22033 of `logIn` (seen in client code).
pub(crate) const DOCUMENTED: &[(Operation, &str, &str)] = &[
    (Operation::CreateUser, "0 10002 20002 21001 22001 22013 22025 27001", "10003 10004 22011"),
    (Operation::GetUser, "0 10001 10002 22002", ""),
    (Operation::UpdateUser, "0 10001 10002 20002 21001 22001 22002 22029", "10003 10004 22031"),
    (Operation::SetUserStatus, "0 10001 10002 22002", ""),
    (Operation::UnlockUser, "0 10001 10002 20002 22002 22006 22016", ""),
    (Operation::DeleteUser, "0 10001 10002 22002", ""),
    (Operation::SetPassword, "0 10001 10002 22002 28007 28011", "28001 28003 28004 28005 28006 28008 28010"),
    (Operation::RegisterOtpToken, "0 10001 10002 22002 22004 22027", "10003 10004 10011"),
    (Operation::RegisterSmsToken, "0 10001 10002 22002 29004", "10003 10004 29001 29002 29008 29011 29017 6002 6007"),
    (
        Operation::RegisterHardwareToken,
        "0 10001 10002 22002 29001 29008 29017",
        "10003 10004 29002 29004 29011 6002 6007",
    ),
    (Operation::RegisterCertificate, "0 10001 10002 22002 22004 22027", "10003 10004 10011"),
    (Operation::RegisterOfflineToken, "0 10001 22002 29008", "29001"),
    (Operation::GetTokenStatus, "0 10001 10002 22002", ""),
    (Operation::SetTokenStatus, "0 10001 10002 22002 29001", ""),
    (Operation::UnregisterToken, "0 10001 10002 22002 26011 29001 29013 36000", "10003 10004"),
    (Operation::UnlockHardwareToken, "0 10001 10002 22002 29001 29017", ""),
    (Operation::SyncHardwareToken, "0 10001 10002 22002 29001 29002 54002", "29003 29013"),
    (Operation::LogIn, "0 10002 22033 23001 23020 23021 23022 23023 23024", "10011 23016 23017 23018 23019 23025"),
    (Operation::LogOut, "0 23020 23022 23023 23024 23025", ""),
];
