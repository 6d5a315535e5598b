/** Access to an AWS service, or to an emulator of the service. */
export type AwsAccess = {
  readonly region: string;
  /** URL of the service; defaults to the endpoint of AWS. */
  readonly endpoint?: string;
  /** Default: the SDK finds the credentials in the environment or in the role of the function. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
};

/**
 * Creates the options of an AWS client. Keep both limits low, because a Lambda handler has only seconds.
 *
 * @param limits `maxAttempts` includes the first attempt; `requestTimeoutMs` limits each attempt
 */
export function createClientOptions(
  access: AwsAccess,
  limits: { readonly maxAttempts: number; readonly requestTimeoutMs: number },
) {
  return {
    region: access.region,
    endpoint: access.endpoint,
    credentials: access.credentials,
    maxAttempts: limits.maxAttempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: limits.requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
}
