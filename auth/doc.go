// Package auth says who is calling: it checks tokens, issues Parley's own, and
// keeps accounts and guests. It stands between the doors, which take a token out
// of a request with [Bearer] and [First], and chat, whose use cases it hands a
// [chat.Identity]. It ends no connections: it calls Config.Revoked once a change
// is stored, and whoever holds connections ends them.
//
// There are two kinds of token. Own tokens are HS256 with the server's secret
// and `iss: parley`; they carry the user's token version in `tv` and always
// expire. Outside tokens come from another issuer, in one configured family: the
// same secret, PEM public keys, or a JWKS.
//
// Where name and role come from:
//
//   - an account (a user with a password here): the stored user, whatever the
//     token claims, so that SetRole holds;
//   - a guest made here, with a guest's own token: the stored user;
//   - anybody else, outside tokens and those of `parley token` alike: the
//     token. Its claims are the truth for as long as it lives, and are written
//     into the stored user when they differ, so that rules that look at other
//     users (guests may not be added to groups) see the same role.
package auth
