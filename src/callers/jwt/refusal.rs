//! The reasons to refuse a token.

/// Why a token is refused. The reason appears in the request's log line. It contains nothing from the token.
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

impl Refusal {
    /// Returns the reason for the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "the token is longer than 16 KiB",
            Self::Malformed => "the token is not a JWT",
            Self::Algorithm => "the token's alg is not supported, or is not the algorithm of its key",
            Self::Critical => "the token's header has crit",
            Self::NoKeyId => "the token has no kid, and the issuer has several keys",
            Self::UnknownKey => "the issuer has no usable key for the token's kid and alg",
            Self::Signature => "the token's signature does not verify",
            Self::Issuer => "the token's iss is not jwt.issuer",
            Self::Audience => "the token's aud does not include jwt.audience",
            Self::NoExpiry => "the token has no exp",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token's nbf is in the future",
            Self::NoSubject => "the token has no sub",
            Self::Scopes => "the token's jwt.scope_claim is neither a string nor an array of strings",
            Self::NoRights => {
                "the token's sub is not a jwt_subject of the callers file, and jwt.scope_claim is not set"
            }
            Self::BlockExpired => "the callers file's block for the token's sub has expired",
            Self::Name => {
                "the token's sub is not a valid caller name, or could be confused with a name or jwt_subject in the \
                 callers file"
            }
        }
    }
}
