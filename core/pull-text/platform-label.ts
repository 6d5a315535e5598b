/** Every pull request of ours bears it; it is known by it where a person had it go elsewhere. */
export const PLATFORM_LABEL = 'smol-gang';
