// region persist
module.exports = {
  ...require('./relay.config.js'),
  persistConfig: { file: './persisted.json', algorithm: 'SHA256' },
};
// endregion
