/**
 * Strict schemas of those parts of Kubernetes' objects that ours have (1.27 and later): a field that is misspelt, at the wrong place or of
 * the wrong type is an error here, as it would be with `kubectl apply --validate=strict`.
 */

const string = { type: 'string', minLength: 1 };
const count = { type: 'integer', minimum: 0 };
const positive = { type: 'integer', minimum: 1 };
const flag = { type: 'boolean' };
const name = { type: 'string', pattern: '^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$' };
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const portName = { type: 'string', pattern: '^[a-z][-a-z0-9]{0,14}$' };
const anyPort = { anyOf: [port, portName] };
const quantity = { type: 'string', pattern: '^\\d+(?:\\.\\d+)?(?:m|k|Ki|Mi|Gi)?$' };
const label = { type: 'string', pattern: '^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$' };
const address = { type: 'string', pattern: '^(?:\\d{1,3}\\.){3}\\d{1,3}/\\d{1,2}$' };
const oneOf = (...values) => ({ enum: values });
const list = (items, minItems = 1) => ({ type: 'array', items, minItems });
const mapOf = (values) => ({ type: 'object', additionalProperties: values });
/** An object with these fields alone; those whose name ends with "!" must be there. */
function object(fields) {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([field, schema]) => [field.replace('!', ''), schema])),
    required: entries.filter(([field]) => field.endsWith('!')).map(([field]) => field.slice(0, -1)),
    additionalProperties: false,
  };
}

const labels = mapOf(label);
const metadata = object({ 'name!': name, 'labels!': labels, annotations: mapOf({ type: 'string' }), namespace: name });
const selector = object({ 'matchLabels!': labels });
const resources = object({
  'requests!': object({ 'cpu!': quantity, 'memory!': quantity }),
  'limits!': object({ 'memory!': quantity }),
});
const probe = object({
  'httpGet!': object({ 'path!': { type: 'string', pattern: '^/' }, 'port!': anyPort }),
  'periodSeconds!': positive,
  timeoutSeconds: positive,
  'failureThreshold!': positive,
});
const container = object({
  'name!': name,
  'image!': { type: 'string', pattern: '^[a-z0-9./-]+:[\\w.-]+$' },
  'imagePullPolicy!': oneOf('Always', 'IfNotPresent', 'Never'),
  'args!': list(string),
  envFrom: list(object({ configMapRef: object({ 'name!': name }), secretRef: object({ 'name!': name }) })),
  env: list(
    object({
      'name!': { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
      'valueFrom!': object({
        fieldRef: object({ 'fieldPath!': string }),
        secretKeyRef: object({ 'name!': name, 'key!': string }),
      }),
    }),
  ),
  ports: list(object({ 'name!': portName, 'containerPort!': port })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: object({ 'preStop!': object({ 'exec!': object({ 'command!': list(string) }) }) }),
  'resources!': resources,
  'securityContext!': object({
    'allowPrivilegeEscalation!': { const: false },
    'readOnlyRootFilesystem!': { const: true },
    'capabilities!': object({ 'drop!': { const: ['ALL'] } }),
  }),
  'volumeMounts!': list(object({ 'name!': name, 'mountPath!': { type: 'string', pattern: '^/' } })),
});
const podTemplate = (fields) =>
  object({
    'metadata!': object({ 'labels!': labels, annotations: mapOf({ type: 'string' }) }),
    'spec!': object({
      serviceAccountName: name,
      'automountServiceAccountToken!': { const: false },
      'enableServiceLinks!': { const: false },
      'imagePullSecrets!': list(object({ 'name!': name }), 0),
      'securityContext!': object({
        'runAsNonRoot!': { const: true },
        'runAsUser!': positive,
        'runAsGroup!': positive,
        'seccompProfile!': object({ 'type!': { const: 'RuntimeDefault' } }),
      }),
      'containers!': list(container),
      'volumes!': list(object({ 'name!': name, 'emptyDir!': object({ 'sizeLimit!': quantity }) })),
      ...fields,
    }),
  });
const metricTarget = object({ 'type!': oneOf('AverageValue', 'Utilization'), averageValue: quantity, averageUtilization: positive });
const workloadRef = object({ 'apiVersion!': { const: 'apps/v1' }, 'kind!': { const: 'Deployment' }, 'name!': name });
const policyPorts = list(object({ 'protocol!': oneOf('TCP', 'UDP'), 'port!': anyPort }));
const peers = list(
  object({ namespaceSelector: selector, podSelector: selector, ipBlock: object({ 'cidr!': address, except: list(address) }) }),
);

const kind = (apiVersion, which, fields) =>
  object({ 'apiVersion!': { const: apiVersion }, 'kind!': { const: which }, 'metadata!': metadata, ...fields });

export const kinds = {
  ServiceAccount: kind('v1', 'ServiceAccount', { automountServiceAccountToken: flag }),
  ConfigMap: kind('v1', 'ConfigMap', { 'data!': mapOf({ type: 'string' }) }),
  Service: kind('v1', 'Service', {
    'spec!': object({ 'selector!': labels, 'ports!': list(object({ 'name!': portName, 'port!': port, 'targetPort!': anyPort })) }),
  }),
  Deployment: kind('apps/v1', 'Deployment', {
    'spec!': object({
      revisionHistoryLimit: count,
      replicas: count,
      'strategy!': object({
        'type!': { const: 'RollingUpdate' },
        'rollingUpdate!': object({ 'maxSurge!': count, 'maxUnavailable!': { const: 0 } }),
      }),
      'selector!': selector,
      'template!': podTemplate({
        'terminationGracePeriodSeconds!': positive,
        'topologySpreadConstraints!': list(
          object({
            'maxSkew!': positive,
            'topologyKey!': string,
            'whenUnsatisfiable!': oneOf('DoNotSchedule', 'ScheduleAnyway'),
            'labelSelector!': selector,
          }),
        ),
      }),
    }),
  }),
  Job: kind('batch/v1', 'Job', {
    'spec!': object({
      'backoffLimit!': count,
      'ttlSecondsAfterFinished!': count,
      'template!': podTemplate({ 'restartPolicy!': oneOf('Never', 'OnFailure') }),
    }),
  }),
  PodDisruptionBudget: kind('policy/v1', 'PodDisruptionBudget', {
    'spec!': object({ 'maxUnavailable!': positive, 'selector!': selector }),
  }),
  HorizontalPodAutoscaler: kind('autoscaling/v2', 'HorizontalPodAutoscaler', {
    'spec!': object({
      'scaleTargetRef!': workloadRef,
      'minReplicas!': positive,
      'maxReplicas!': positive,
      'metrics!': list(
        object({
          'type!': oneOf('Pods', 'External', 'Resource'),
          pods: object({ 'metric!': object({ 'name!': string }), 'target!': metricTarget }),
          external: object({ 'metric!': object({ 'name!': string }), 'target!': metricTarget }),
          resource: object({ 'name!': oneOf('cpu', 'memory'), 'target!': metricTarget }),
        }),
      ),
      behavior: object({
        'scaleDown!': object({
          'stabilizationWindowSeconds!': count,
          'policies!': list(object({ 'type!': oneOf('Pods', 'Percent'), 'value!': positive, 'periodSeconds!': positive })),
        }),
      }),
    }),
  }),
  Ingress: kind('networking.k8s.io/v1', 'Ingress', {
    'spec!': object({
      'ingressClassName!': name,
      'tls!': list(object({ 'hosts!': list(string), 'secretName!': name })),
      'rules!': list(
        object({
          'host!': string,
          'http!': object({
            'paths!': list(
              object({
                'path!': string,
                'pathType!': oneOf('Prefix', 'Exact'),
                'backend!': object({ 'service!': object({ 'name!': name, 'port!': object({ name: portName, number: port }) }) }),
              }),
            ),
          }),
        }),
      ),
    }),
  }),
  NetworkPolicy: kind('networking.k8s.io/v1', 'NetworkPolicy', {
    'spec!': object({
      'podSelector!': selector,
      'policyTypes!': list(oneOf('Ingress', 'Egress')),
      ingress: list(object({ from: peers, ports: policyPorts })),
      egress: list(object({ to: peers, ports: policyPorts })),
    }),
  }),
};
