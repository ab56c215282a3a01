"""An issue goes out: every reader of the audience once, whatever breaks on the way.

Read in this order: `start` (an issue's moment comes), `freeze` (who gets it), `lease` and `claim` (who
sends what), `letter` (a reader's bytes; `press` makes them ahead of their turn), `fate` (what became
of a copy), `journal` (what is on disk before bytes leave; `postgres` and `sqlite` write it), `burst`
(what one connection sends without a pause), `lane` (its life), `engine` (all of them), `supply` (what
keeps them supplied), `close` (the books). `tools` is what they work with.

Easy to get wrong: a message may leave only after its row says `sending` on disk, and nothing else
may be sent on that connection until its reply is on disk too. So a crash leaves at most one message
per connection in doubt, and the rows say which (promise 8).
"""
