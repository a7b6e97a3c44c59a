/** Chain selectors by what the chains are called for short. */
export const SELECTORS = {
  ethereum: 5009297550715157269n,
  sepolia: 16015286601757825753n,
  arbitrum: 4949039107694359620n,
  base: 15971525489660198786n,
  solana: 124615329519749607n,
  solanaDevnet: 16423721717087811551n,
} as const;
