import type { TypedDocumentNode } from '@graphql-typed-document-node/core';

// region trusted
export async function ask<Data, Variables>(url: string, token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const { hash } = (document as unknown as { __meta__: { hash: string } }).__meta__;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ documentId: hash, variables }),
  });
  return (await response.json()) as { data?: Data; errors?: { message: string; extensions: { code: string } }[] };
}
// endregion
