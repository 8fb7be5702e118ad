// region config
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: ['src/*.ts', 'src/*.tsx'],
  generates: {
    'src/gql/': {
      preset: 'client',
      config: { scalars: { DateTime: 'string', BigInt: 'string', JSON: 'unknown' } },
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
    },
  },
};

export default config;
// endregion
