"""What people write for a country beside its code and its English name: three letters, and its name elsewhere.

Names are folded (`country_names.fold`): lower case, without accents and punctuation.
"""

from typing import Final

# ISO 3166: alpha-3 and alpha-2, behind a colon.
ALPHA3: Final = """
abw:aw afg:af ago:ao aia:ai ala:ax alb:al and:ad are:ae arg:ar arm:am asm:as ata:aq atf:tf atg:ag aus:au aut:at
aze:az bdi:bi bel:be ben:bj bes:bq bfa:bf bgd:bd bgr:bg bhr:bh bhs:bs bih:ba blm:bl blr:by blz:bz bmu:bm bol:bo
bra:br brb:bb brn:bn btn:bt bvt:bv bwa:bw caf:cf can:ca cck:cc che:ch chl:cl chn:cn civ:ci cmr:cm cod:cd cog:cg
cok:ck col:co com:km cpv:cv cri:cr cub:cu cuw:cw cxr:cx cym:ky cyp:cy cze:cz deu:de dji:dj dma:dm dnk:dk dom:do
dza:dz ecu:ec egy:eg eri:er esh:eh esp:es est:ee eth:et fin:fi fji:fj flk:fk fra:fr fro:fo fsm:fm gab:ga gbr:gb
geo:ge ggy:gg gha:gh gib:gi gin:gn glp:gp gmb:gm gnb:gw gnq:gq grc:gr grd:gd grl:gl gtm:gt guf:gf gum:gu guy:gy
hkg:hk hmd:hm hnd:hn hrv:hr hti:ht hun:hu idn:id imn:im ind:in iot:io irl:ie irn:ir irq:iq isl:is isr:il ita:it
jam:jm jey:je jor:jo jpn:jp kaz:kz ken:ke kgz:kg khm:kh kir:ki kna:kn kor:kr kwt:kw lao:la lbn:lb lbr:lr lby:ly
lca:lc lie:li lka:lk lso:ls ltu:lt lux:lu lva:lv mac:mo maf:mf mar:ma mco:mc mda:md mdg:mg mdv:mv mex:mx mhl:mh
mkd:mk mli:ml mlt:mt mmr:mm mne:me mng:mn mnp:mp moz:mz mrt:mr msr:ms mtq:mq mus:mu mwi:mw mys:my myt:yt nam:na
ncl:nc ner:ne nfk:nf nga:ng nic:ni niu:nu nld:nl nor:no npl:np nru:nr nzl:nz omn:om pak:pk pan:pa pcn:pn per:pe
phl:ph plw:pw png:pg pol:pl pri:pr prk:kp prt:pt pry:py pse:ps pyf:pf qat:qa reu:re rou:ro rus:ru rwa:rw sau:sa
sdn:sd sen:sn sgp:sg sgs:gs shn:sh sjm:sj slb:sb sle:sl slv:sv smr:sm som:so spm:pm srb:rs ssd:ss stp:st sur:sr
svk:sk svn:si swe:se swz:sz sxm:sx syc:sc syr:sy tca:tc tcd:td tgo:tg tha:th tjk:tj tkl:tk tkm:tm tls:tl ton:to
tto:tt tun:tn tur:tr tuv:tv twn:tw tza:tz uga:ug ukr:ua umi:um ury:uy usa:us uzb:uz vat:va vct:vc ven:ve vgb:vg
vir:vi vnm:vn vut:vu wlf:wf wsm:ws yem:ye zaf:za zmb:zm zwe:zw
"""

# Code: names, in the language of the place and in those of Europe that are written most.
NAMES: Final = """
us: vereinigte staaten, etats unis, estados unidos, stati uniti, verenigde staten, stany zjednoczone, usa,
  yhdysvallat, spojene staty, america, united states of america, u s a, u s, the united states, ee uu, eeuu,
  vereinigte staaten von amerika, etats unis d amerique
gb: vereinigtes konigreich, royaume uni, reino unido, regno unito, verenigd koninkrijk, wielka brytania,
  storbritannien, storbritannia, iso britannia, spojene kralovstvi, uk, great britain, britain, england, scotland,
  wales, northern ireland, u k, united kingdom of great britain and northern ireland, grossbritannien, grande
  bretagne, gran bretana, gran bretagna, groot brittannie, inglaterra, inghilterra
de: deutschland, allemagne, alemania, germania, duitsland, alemanha, niemcy, tyskland, saksa, nemecko, federal
  republic of germany, brd
fr: frankreich, francia, frankrijk, franca, francja, frankrike, frankrig, ranska, francie
it: italien, italie, italia, wlochy
es: spanien, espagne, espana, spagna, spanje, espanha, hiszpania, spania, espanja, spanelsko, espanya
pt: portogallo, portugalia, portugali, portugalsko
nl: niederlande, pays bas, paises bajos, paesi bassi, nederland, paises baixos, holandia, nederlanderna,
  nederlandene, alankomaat, nizozemsko, holland, the netherlands, holanda, olanda
be: belgien, belgique, belgica, belgio, belgie, belgia, belgien belgie
lu: luxemburg, luxemburgo, lussemburgo, luksemburg, lucembursko, letzebuerg
at: osterreich, autriche, oostenrijk, osterrike, ostrig, itavalta, rakousko
ch: schweiz, suisse, suiza, svizzera, zwitserland, suica, szwajcaria, sveits, sveitsi, svycarsko, swiss
li: lichtenstejnsko
dk: danemark, dinamarca, danimarca, denemarken, dania, danmark, tanska, dansko
se: schweden, suede, suecia, svezia, zweden, szwecja, sverige, ruotsi, svedsko
no: norwegen, norvege, noruega, norvegia, noorwegen, norwegia, norge, norja, norsko, noreg
fi: finnland, finlande, finlandia, suomi, finsko
is: island, islande, islandia, islanda, ijsland, islanti
ie: irland, irlande, irlanda, ierland, irlandia, irlanti, irsko, eire, republic of ireland
pl: polen, pologne, polonia, polska, puola, polsko, republic of poland
cz: tschechien, tchequie, chequia, cechia, tsjechie, tchequia, czechy, tjeckien, tjekkiet, tsjekkia, tsekki, cesko,
  czech republic, tschechische republik, republique tcheque, republica checa, repubblica ceca, ceska republika
sk: slowakei, slovaquie, eslovaquia, slovacchia, slowakije, slowacja, slovakien, slovakiet, slovensko
hu: ungarn, hongrie, hungria, ungheria, hongarije, wegry, ungern, unkari, madarsko, magyarorszag
ro: rumanien, roumanie, rumania, roemenie, romenia, rumunia, rumaenien, rumunsko
bg: bulgarien, bulgarie, bulgarije, bulharsko, българия
gr: griechenland, grece, grecia, griekenland, grecja, grekland, graekenland, hellas, kreikka, recko, ελλαδα
hr: kroatien, croatie, croacia, croazia, kroatie, chorwacja, kroatia, chorvatsko, hrvatska
si: slowenien, slovenie, eslovenia, slowenia, slovenien, slovinsko, slovenija
rs: serbien, serbie, servie, servia, srbsko, србија, srbija
ba: bosnia herzegovina, bosnien und herzegowina, bosnie herzegovine, bosnia y herzegovina, bosnia ed erzegovina,
  bosnie en herzegovina, bosnia e herzegovina, bosnia i hercegowina, bosnien och hercegovina, bosnien hercegovina,
  bosnia hercegovina, bosnia ja hertsegovina, bosna a hercegovina, bosna i hercegovina
mk: nordmazedonien, macedoine du nord, macedonia del norte, macedonia del nord, noord macedonie, macedonia do norte,
  macedonia polnocna, nordmakedonien, nord makedonia, pohjois makedonia, severni makedonie, северна македонија,
  macedonia
al: albanien, albanie, shqiperi
ee: estland, estonie, viro, estonsko, eesti
lv: lettland, lettonie, letonia, lettonia, letland, lotwa, lotyssko, latvija
lt: litauen, lituanie, lituania, litouwen, litwa, liettua, litva, lietuva
ua: ucrania, ucraina, oekraine, ukraina, ukrajina, украіна
by: bielorussie, bielorrusia, bielorussia, bielorrussia, bialorus, valko venaja, belorusko, беларусь
ru: russland, russie, rusia, rusland, rosja, ryssland, venaja, rusko, россия, russian federation
tr: turkiye, turkei, turquie, turquia, turchia, turkije, turcja, turkiet, tyrkiet, tyrkia, turkki, turecko, turkey
cy: zypern, chypre, chipre, cipro, cypr, cypern, kypros, kypr, κυπροσ, kibris
mt: malte
il: israele, izrael, ישראל
ae: vereinigte arabische emirate, emirats arabes unis, emiratos arabes unidos, emirati arabi uniti, verenigde
  arabische emiraten, emirados arabes unidos, zjednoczone emiraty arabskie, forenade arabemiraten, de forenede
  arabiske emirater, de forente arabiske emirater, arabiemiirikunnat, spojene arabske emiraty, الامارات العربية
  المتحدة, uae, u a e, emirates, vae
sa: saudi arabien, arabie saoudite, arabia saudi, arabia saudita, saoedi arabie, arabia saudyjska, saudiarabien,
  saudska arabie, المملكة العربية السعودية, ksa
qa: katar, catar, قطر
kw: koweit, koeweit, kuwejt, kuvajt, الكويت
eg: agypten, egypte, egipto, egitto, egito, egipt, egypten, egypti, مصر
ma: marokko, maroc, marruecos, marocco, marrocos, maroko, marocko, المغرب
dz: algerien, algerie, argelia, algerije, algieria, algeriet, alzirsko, الجزاير
tn: tunesien, tunisie, tunez, tunesie, tunezja, tunisien, tunisko, تونس
za: sudafrika, afrique du sud, sudafrica, zuid afrika, africa do sul, republika poludniowej afryki, sydafrika, sor
  afrika, etela afrikka, jihoafricka republika
ng: nigerie
ke: kenia, quenia, kena
gh: gana
in: indien, inde, indie, intia, भ रत
pk: paquistao, پاکستان
bd: bangladesch, banglades, bangladesz, ব ল দ শ
lk: ශ ර ල ක ව, இலஙக
cn: chine, cina, chiny, kina, kiina, 中国, 中國, prc, peoples republic of china, people s republic of china, mainland
  china
hk: ras di hong kong, hongkong sar, sar hongkong, hongkong sar kina, hongkong zao ciny, 中国香港特别行政区,
  中國香港特別行政區, hong kong, hongkong
tw: tajwan, tchaj wan, 台湾, 台灣
jp: japon, giappone, japao, japonia, japani, japonsko, 日本
kr: sudkorea, coree du sud, corea del sur, corea del sud, zuid korea, coreia do sul, korea poludniowa, sydkorea, sor
  korea, etela korea, jizni korea, 대한민국, korea, republic of korea, south korea, korea south, korea republic
  of
sg: singapur, singapour, singapura, 新加坡
my: malaisie, malasia, maleisie, malezja, malesia, malajsie, malaysia
th: thailande, tailandia, thailandia, tajlandia, thaimaa, thajsko, ไทย
vn: viet nam, vietna, wietnam
id: indonesien, indonesie, indonezja
ph: philippinen, filipinas, filippine, filipijnen, filipiny, filippinerna, filippinerne, filippinene, filippiinit,
  pilipinas, the philippines
au: australien, australie
nz: neuseeland, nouvelle zelande, nueva zelanda, nuova zelanda, nieuw zeeland, nova zelandia, nowa zelandia, nya
  zeeland, uusi seelanti, novy zeland
ca: kanada
mx: mexiko, mexique, messico, meksyk, meksiko, mejico
br: brasilien, bresil, brasil, brasile, brazilie, brazylia, brasilia
ar: argentinien, argentine, argentinie, argentyna, argentiina
cl: chili, cile
co: kolumbien, colombie, kolumbia, kolumbie
pe: perou
ve: wenezuela
uy: uruguai, urugwaj
py: paraguai, paragwaj
bo: bolivien, bolivie, boliwia
ec: equateur, equador, ekwador, ekvador
cr: kostaryka, kostarika
pa:
do: dominikanische republik, republique dominicaine, republica dominicana, repubblica dominicana, dominicaanse
  republiek, dominikana, dominikanska republiken, den dominikanske republik, den dominikanske republikk,
  dominikaaninen tasavalta, dominikanska republika
pr: porto rico, portorico, portoryko, portoriko
gt: gwatemala
jo: jordanien, jordanie, jordania, giordania, jordansko, الاردن
lb: libanon, liban, libano, لبنان
om: oma, عمان
bh: bahrein, barein, bahrajn, البحرين
ci: cote d ivoire, elfenbeinkuste, costa de marfil
kz: kasachstan, kazajistan, kazakistan, kazachstan, cazaquistao, kazakstan, kasakhstan, қазақстан
"""
