-- A checkpoint's state as bytes that are compressed before they come here. `body` was its text in
-- the first version, whose programs take an empty one for none; it is not read any more.
ALTER TABLE checkpoints ADD COLUMN state bytea;
ALTER TABLE checkpoints ALTER COLUMN state SET STORAGE EXTERNAL;
