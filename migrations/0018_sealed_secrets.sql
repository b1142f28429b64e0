-- What programs sign with is derived from a master key; before that master key goes, it is kept, sealed. And a link no
-- longer carries the lookup of its address: whoever follows it has the address opened and looked up under the master key
-- of that day.
--
-- contracts: links.email_lookup goes. The code before this edition writes it; no such edition has run in production.
ALTER TABLE api_keys ADD COLUMN sealed_secret TEXT;

ALTER TABLE links DROP COLUMN email_lookup;
