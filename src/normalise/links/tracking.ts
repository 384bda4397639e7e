/** Query parameters that identify where a visitor came from and do not select content. In lower case. */
const parameters = new Set(
  (
    'fbclid fb_action_ids fb_action_types fb_source fb_ref gclid gclsrc dclid gbraid wbraid srsltid msclkid twclid ttclid ' +
    'yclid ysclid _openstat li_fat_id epik igshid igsh mc_cid mc_eid ml_subscriber ml_subscriber_hash mkt_tok _hsenc ' +
    '_hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv oly_anon_id oly_enc_id rb_clickid s_cid s_kwcid sc_cid ' +
    'wickedid ga_source ga_medium ga_term ga_content ga_campaign ga_place gs_l cmpid icid ncid mbid ocid_rss xtor wt_mc ' +
    'wt.mc_id wt.rss_f wt_zmc at_medium at_campaign at_campaign_type at_link_id at_link_origin at_link_type at_ptr_name ' +
    'at_bbc_team at_format ns_mchannel ns_source ns_campaign ns_linkname ns_fee ref_src ref_url guccounter guce_referrer ' +
    'guce_referrer_sig trk_contact trk_msg trk_module trk_sid trkcampaign spref echobox feedid rsstrk'
  ).split(' '),
);
const prefixes = ['utm_', 'pk_', 'piwik_', 'mtm_', 'matomo_', 'hsa_', 'stm_'];
/** Names that are tracking parameters only with a value such as "rss". */
const originParameters = new Set(['source', 'src', 'ref', 'from', 'partner', 'emc', 'via', 'cmp', 'mod', 'f']);

/** Medium encodes the list that an article was in: `rss----7f60cf5620c9---4`, `rss-1bd5f2a2a6c1------2`. */
const mediumOrigin = /^rss-{1,8}[\da-f]{1,40}-{1,8}\d{0,4}$/i;

function isTracking(pair: string): boolean {
  const equals = pair.indexOf('=');
  const name = (equals === -1 ? pair : pair.slice(0, equals)).toLowerCase();
  if (parameters.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) return true;
  if (!originParameters.has(name)) return false;
  const value = pair.slice(equals + 1);
  return /^(?:rss|feed|atom)[\d._-]*$/i.test(value) || mediumOrigin.test(value);
}

/** Removes the tracking pairs of a query or fragment. The other pairs and their order are unchanged. */
export function removeTrackingPairs(pairs: string): string {
  if (pairs === '') return '';
  return pairs
    .split('&')
    .filter((pair) => !isTracking(pair))
    .join('&');
}

/** Hosts of tracking images. Their subdomains count, too. */
const trackerHosts = new Set(
  (
    'doubleclick.net google-analytics.com googletagmanager.com googlesyndication.com googleadservices.com ' +
    'scorecardresearch.com quantserve.com pixel.wp.com stats.wp.com stats.wordpress.com feedsportal.com ' +
    'feeds.feedburner.com pheedo.com vgwort.de ioam.de mc.yandex.ru counter.yadro.ru top.mail.ru top-fwz1.mail.ru ' +
    'analytics.twitter.com ads.twitter.com px.ads.linkedin.com bat.bing.com ping.chartbeat.net tapad.com demdex.net ' +
    'omtrdc.net 2o7.net statcounter.com histats.com creativecdn.com adnxs.com rubiconproject.com taboola.com ' +
    'outbrain.com criteo.com criteo.net moatads.com imrworldwide.com'
  ).split(' '),
);
/** Paths of tracking images on any host: Facebook, Matomo, Medium, WordPress and mail senders. */
const trackerPaths =
  /^\/(?:tr|_\/stat|(?:[\w-]+\/)?(?:piwik|matomo)\.php|b\.gif|g\.gif|wf\/open|track\/open\.php|blogger_img_proxy\/tracker)$/;

/** Whether the URL of an image is known to be a tracking pixel. */
export function isTrackingPixel(url: URL): boolean {
  if (trackerPaths.test(url.pathname)) return true;
  for (let name = url.hostname; name !== ''; name = parentDomain(name)) if (trackerHosts.has(name)) return true;
  return false;
}

/** `example.org` for `www.example.org`; empty for a name without a dot. */
function parentDomain(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? '' : name.slice(dot + 1);
}
