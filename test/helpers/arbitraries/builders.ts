export * from '../../../harness/arbitraries/builders.ts';
