// region persist
module.exports = {
  ...require('./relay.config.json'),
  persistConfig: { file: './persisted.json', algorithm: 'SHA256' },
};
// endregion
