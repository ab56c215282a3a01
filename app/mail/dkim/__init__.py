"""A signature that shows receivers that a mail is ours and arrived as it left (DKIM, RFC 6376).

Read in this order: `keys` (who signs), `canonical` (what is signed, in the one spelling that relays do
not change), `signing` (an issue once, its readers many times).

Every mail gets two signatures under the same domain: RSA, which every receiver knows, and Ed25519
(RFC 8463), for when RSA of this size is no longer enough.
"""

from __future__ import annotations

from app.mail.dkim.keys import Keys, new_keys
from app.mail.dkim.signing import Prepared, Signer, sign

__all__ = ["Keys", "Prepared", "Signer", "new_keys", "sign"]
