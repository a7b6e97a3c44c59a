export * from '../../harness/arbitraries/index.ts';
