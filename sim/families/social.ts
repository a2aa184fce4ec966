import { latent } from './latent.ts';

/**
 * Contagion: taste is as in {@link latent}, but what people hear of depends on what others played. A track's share of the world's
 * talk is multiplied by 1 + contagion · log₂(1 + plays of the day before), rounded down (see attention.ts): hits are made by chance
 * and by charts as much as by fame, and what an engine recommends feeds back.
 *
 * @see Salganik, Dodds & Watts (2006), Experimental study of inequality and unpredictability in an artificial cultural market.
 */
export const social = latent;
