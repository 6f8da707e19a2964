-- A browser that is remembered is a device everywhere, and what is asked for after the
-- password is two-factor.
ALTER TABLE browsers RENAME TO devices;
DROP INDEX browsers_token;
CREATE INDEX devices_token ON devices (site_id, token_hash);
ALTER TABLE attempts RENAME COLUMN browser TO device;
ALTER TABLE open_attempts RENAME COLUMN browser TO device;
ALTER TABLE sessions RENAME COLUMN browser_id TO device_id;
ALTER TABLE signins RENAME COLUMN trust_browser TO trust_device;
ALTER TABLE signins RENAME COLUMN second_step_at TO two_factor_at;
ALTER TABLE signins RENAME COLUMN second_method TO two_factor_method;

-- What the rows say of it. A quotation mark inside a detail has a backslash before it, so
-- the names that are replaced here are those of its fields.
UPDATE events SET kind = 'device.removed' WHERE kind = 'browser.removed';
UPDATE events SET kind = 'device.untrusted' WHERE kind = 'browser.untrusted';
UPDATE events SET kind = 'two_factor.reset' WHERE kind = 'second_step.reset';
UPDATE events SET detail = REPLACE(REPLACE(detail, '"browser":', '"device":'), '"browsers":', '"devices":')
  WHERE kind IN ('sign_in.password', 'device.untrusted', 'two_factor.reset');
UPDATE messages SET kind = 'new-device' WHERE kind = 'new-browser';
UPDATE messages SET kind = 'two-factor-reset' WHERE kind = 'second-step-reset';
UPDATE sessions SET methods = REPLACE(methods, 'trusted-browser', 'trusted-device');
UPDATE signins SET two_factor_method = 'trusted-device' WHERE two_factor_method = 'trusted-browser';

-- The prefix of its ID.
UPDATE devices SET id = 'dev_' || SUBSTR(id, 5) WHERE SUBSTR(id, 1, 4) = 'brw_';
UPDATE sessions SET device_id = 'dev_' || SUBSTR(device_id, 5) WHERE SUBSTR(device_id, 1, 4) = 'brw_';
UPDATE attempts SET device = 'dev_' || SUBSTR(device, 5) WHERE SUBSTR(device, 1, 4) = 'brw_';
UPDATE open_attempts SET device = 'dev_' || SUBSTR(device, 5) WHERE SUBSTR(device, 1, 4) = 'brw_';
UPDATE events SET detail = REPLACE(detail, 'brw_', 'dev_')
  WHERE kind IN ('sign_in.password', 'session.ended', 'device.removed', 'device.untrusted', 'two_factor.reset', 'activity.not_me');
