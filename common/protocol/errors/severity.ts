/** How bad an error is. Stands alone, so that a command can name the levels without loading what checks reports. */
export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];
