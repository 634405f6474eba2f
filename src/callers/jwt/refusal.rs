use std::fmt;

/// Why a token is not taken, for the debug log: it holds nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    TooLong,
    Malformed,
    Algorithm,
    Critical,
    NoKeyId,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    NoExpiry,
    Expired,
    NotYetValid,
    NoSubject,
    Scopes,
    NoRights,
    BlockExpired,
    Name,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "it is longer than 8 KiB",
            Self::Malformed => "it is no JWT",
            Self::Algorithm => "its alg is not the one of its key",
            Self::Critical => "its header has crit",
            Self::NoKeyId => "its header has no kid",
            Self::UnknownKey => "no key of the issuer has its kid",
            Self::Signature => "its signature is not its key's",
            Self::Issuer => "its iss is not jwt.issuer",
            Self::Audience => "its aud is without jwt.audience",
            Self::NoExpiry => "it has no exp",
            Self::Expired => "its exp is over",
            Self::NotYetValid => "its nbf is not yet reached",
            Self::NoSubject => "it has no sub",
            Self::Scopes => "its jwt.scope_claim is neither a text nor an array of texts",
            Self::NoRights => "no jwt_subject of the callers file is its sub, and jwt.scope_claim is not set",
            Self::BlockExpired => "the block with its sub as jwt_subject has expired",
            Self::Name => "its sub cannot be a caller's name, or is the name of a caller in the callers file",
        })
    }
}
