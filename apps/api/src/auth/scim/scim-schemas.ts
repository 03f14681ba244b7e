import { groupSchemaId, userSchemaId } from './scim-resources.js';

/** What SCIM's clients ask to find out what there is (RFC 7643, sections 5 to 7). */
export function serviceProviderConfig(at: string, maxResults: number): object {
  const no = { supported: false };
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults },
    changePassword: no,
    sort: no,
    etag: no,
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'The SCIM_TOKEN of the provider, in the header Authorization.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${at}/ServiceProviderConfig` },
  };
}

export function resourceTypes(at: string): { id: string }[] {
  const type = (id: string, endpoint: string, schema: string) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id,
    name: id,
    endpoint,
    schema,
    meta: { resourceType: 'ResourceType', location: `${at}/ResourceTypes/${id}` },
  });
  return [type('User', '/Users', userSchemaId), type('Group', '/Groups', groupSchemaId)];
}

interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'complex';
  multiValued?: boolean;
  required?: boolean;
  caseExact?: boolean;
  uniqueness?: 'server' | 'none';
  subAttributes?: object[];
}

function attribute({ subAttributes, ...own }: Attribute): object {
  return {
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...own,
    ...(subAttributes && { subAttributes }),
  };
}

export function schemas(at: string): { id: string }[] {
  const text = (name: string, more: Partial<Attribute> = {}) => attribute({ name, type: 'string', ...more });
  const schema = (id: string, name: string, attributes: object[]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    attributes,
    meta: { resourceType: 'Schema', location: `${at}/Schemas/${id}` },
  });
  return [
    schema(userSchemaId, 'User', [
      text('userName', { required: true, uniqueness: 'server' }),
      text('externalId', { caseExact: true }),
      text('displayName'),
      attribute({ name: 'active', type: 'boolean' }),
      attribute({ name: 'name', type: 'complex', subAttributes: [text('formatted'), text('givenName'), text('familyName')] }),
      attribute({
        name: 'emails',
        type: 'complex',
        multiValued: true,
        subAttributes: [text('value'), text('type'), attribute({ name: 'primary', type: 'boolean' })],
      }),
    ]),
    schema(groupSchemaId, 'Group', [
      text('displayName', { required: true, uniqueness: 'server' }),
      text('externalId', { caseExact: true }),
      attribute({ name: 'members', type: 'complex', multiValued: true, subAttributes: [text('value'), text('display')] }),
    ]),
  ];
}
