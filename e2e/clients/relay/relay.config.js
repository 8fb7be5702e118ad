// region config
module.exports = {
  src: './src',
  schema: './schema.graphql', // curl -o schema.graphql http://127.0.0.1:8080/schema.graphql
  language: 'typescript',
  eagerEsModules: true,
  customScalarTypes: { DateTime: 'string', BigInt: 'string', JSON: 'unknown' },
};
// endregion
