import { appErrors, type AppError } from '@parley/contracts';

type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue';

/** An error in SCIM's own words (RFC 7644, section 3.12). */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, scimType: ScimType | undefined, detail: string) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

/** The answer that tells of an error: its status and its body. */
export function scimErrorBody(error: AppError | ScimError): { status: number; body: object } {
  const { status, scimType } =
    error instanceof ScimError
      ? error
      : {
          status: appErrors[error.code].http,
          scimType: error.code === 'USERNAME_TAKEN' ? 'uniqueness' : error.code === 'VALIDATION' ? 'invalidValue' : undefined,
        };
  return {
    status,
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType !== undefined && { scimType }),
      detail: error.message,
    },
  };
}
