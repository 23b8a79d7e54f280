// SPDX-License-Identifier: Apache-2.0
/**
 * 2048 easy words of 4 to 8 letters, in order, whose first four letters already differ. Its own
 * digest is pinned by a test: another list would show other words for the same change.
 */
export const WORDS: readonly string[] = `
abacus abbey able about above absorb accent acorn across action actor actual adapt address adjust
admiral adobe adopt adorn adult advance adverb advice aerial affirm afford after again agenda
agile agree ahead airport album alcove alert align alike alive alley allow allspice almond aloe
alone alpha alpine also always amateur amaze amber ambient amount ample amuse anchor ancient anew
angle animal anise ankle annual another answer antenna anthem antique anybody anyone apart apex
apiary apple apricot apron aquatic arcade arch arctic arena argue aria aroma around arrange arrow
article ashore aside aspect aspire asset assist aster athlete atlas atom attach attempt attic
attract auburn auction august author auto autumn avenue average aviator avid avocado avoid awake
award awesome axiom axis axle azalea azure baby bacon badge bagel bagpipe baker balance balcony
ball balm bamboo banana band banjo bank banner banquet barber bargain bark barley barn barrel
basil basket bassoon batch bath baton battery bayou beach bead beagle beaker beam bean bear beaver
bedroom beech beef beehive beetle before belief bell belong belt bench bend benefit berry beside
best beta better between bevel beyond bicycle bigger billow binary birch bird birth biscuit bishop
bison black blade blanket blaze blend bless blimp blink block bloom blossom blouse blue bluff
board boat bobbin bobcat body bold bolt bonanza bonfire bongo bonnet bonus book boost booth border
borrow bottle boulder bounce bowl bowtie boxcar bracket braid branch brass brave bread breeze brew
brick bridge brief bright bring brisk broad bronze brook brown brunch brush bubble bucket budget
buffalo bugle build bulb bulk bumper bundle bungalow bunny bureau burger burrow bush business
butler butter buzz byte cabbage cabin cable cactus cadet cafe cake calcium calendar calf calico
calm camel camp canal candle canoe canvas canyon capable capital capsule captain caramel card
cargo caribou carnival carpet carrot cart carve case cashew castle casual catalog catch category
cattle cave cedar ceiling celery cement ceramic cereal certain chain chalk champion change chapter
charm chase checker cheddar cheek chef cherry chess chicken chief child chime chin chip choice
choose chorus chrome chuckle chunk church cider cinder cinema cinnamon circle citizen citrus city
claim clam clarinet class clay clean clerk clever client cliff climb clinic clip cloak clock close
cloth cloud clover club clutch coach coast coat cobalt cobble cobra cobweb cocoa code coffee coil
coin cold collar column comb comedy comfort comic common compass concert condor cone confirm
conifer connect consider contain convoy cook cool copper copy coral cork corn correct cosmos cost
cottage couch cougar couple courage cousin cover cowboy coyote cozy crab cradle craft crane crater
crayon cream credit creek crescent crew cricket crimson crisp crocus crop cross crowd cruise crumb
crystal cube cubic cuckoo cucumber cuddle culture cupboard cupcake curious curl curtain curve
cushion custom cycle cymbal dabble daffodil dahlia daily dairy daisy dance dash data date daughter
dawn daylight dazzle deal debate decade december decide deck decorate decree deed deep deer degree
delay delta deluxe demand denim dense depart depend depot deputy desert design desk dessert detail
detect develop devote diagram dial diamond diary diesel differ digit dill dimple dine dingo dinner
diploma direct dirt disc dish display distant ditto dock doctor document dodge dogwood dollar
dolphin domain domino donate donkey donor doodle door dormouse double dough downtown dozen draft
dragon drama draw dream dress drift drink drive drop drum dryer duck duet dugout duke dumpling
dune duplex durable during dusk dust duty dwell dynamic each eager eagle early earn earring earth
easel east easy eaten ebony echo eclair eclipse ecology edge edit educate effect effort eggshell
eight either elastic elbow elder elegant element elephant elevator elixir else ember emblem
embrace emerald emit emotion emperor employ empty enable enamel encore endless energy engage
engine enhance enigma enjoy enlarge enough ensign ensure enter entire entry envelope epic episode
equal equip escort espresso essay estate eternal evening ever evidence evolve exact example excel
exchange excite exhibit exit expand expert export express extend extra eyebrow eyelid fable fabric
face fact fade fair faith falcon fall fame family famous fancy fanfare fantasy farm farther
fashion fast father fawn feast feather february fedora feed feel fellow felt female fence fern
ferry fertile festival fetch fiction fiddle field fiesta fifteen figure file fill film filter
final finch find finger finish fire firm first fish fitness five fixture flag flake flame flapjack
flash flavor flax fleet flicker flight flint float flock floor flora flower fluent fluffy flute
flyer foam focal focus foggy foil fold folio folk follow fond food foot forest forget fork form
fortune forum forward fossil foster found four foyer fraction frame freckle free freight french
fresh fridge friend fringe frog frolic front frost frozen fruit fuchsia fudge fuel full function
funny furnace fusion future fuzzy gadget gain galaxy gallery game gander garage garden garlic
garnet gate gather gauge gaze gear gecko genius gentle genuine geology gerbil geyser giant gibbon
gift giggle ginger giraffe girl give glacier glad glance glass glaze gleam glide glimmer glint
glitter globe glory glossy glove glow glue gnome goal goat goblet goggles gold golf gondola good
goose gopher gorge gospel gown grace grade grain grand grape grass gravity great green grid grill
grin grocery groom ground grove grow guard guava guess guide guitar gulf gumdrop guppy habit hair
half hall halo halt hamlet hammer hamster hand happy harbor hard harmony harness harp harvest
haven hawk hazel head healthy heap heart heat hedge height helmet help herald herb here hero
hickory hidden hike hill hinge hippo history hobby hockey hold holiday hollow home honest hood
hook hooray hope horizon horn horse hose hotel hound hour house hover huddle huge hula human
humble hundred hunger hurry husky hybrid hydrant hymn hyphen iceberg icicle icon idea igloo image
impact import improve inch income index indigo indoor inkwell inland inlet inner input insect
inside install intact into invent invite iris iron island item itself ivory jacket jaguar janitor
january jasmine jasper jaunt javelin jazz jeans jelly jersey jetty jewel jigsaw jingle jockey
jogger join joke jolly journal jovial joyful jubilee judge juggle juice jukebox july jumble jump
junction june jungle junior juror just kale kangaroo kayak kazoo kebab keel keen keep kelp kennel
kernel kettle keyboard keyhole khaki kick kilo kimono kind king kiosk kitchen kite kitten kiwi
knit knob knot know knuckle koala label labor lace lacrosse ladder ladle lagoon lake lamb lamp
land lane language lantern laptop large laser last latch laugh laundry laurel lava lavender lawn
layer leader leaf league lean leap learn leather ledge legacy legend lemon lemur length lens
lentil leopard lesson letter level liberty library lichen lift light lilac lily lime limit linden
line link lion lips liquid list liter little live lizard llama lobby lobster local lock lodge
logic logo long look loop lotion lotus lounge love loyal luck lullaby lumber lunar lunch luster
luxury lynx lyric machine made magazine magenta magic magma magnet magpie mahogany mail major make
mallet manage mandarin mango mansion manual many maple marble march margin marine market maroon
marvel mascot mask master match math mauve mayfly mayor maze meadow meal mean measure medal medley
mellow melody melt member memory mention menu merge mermaid message metal meteor method metric
middle midnight might mile milk mill mind mineral mini minnow mint miracle mirror mist mitten
mixture mobile mocha model module molecule moment monday money monitor monsoon month mood moon
moose morning mosaic moss moth motion motor mouse mouth move movie much mudflat muffin mulberry
mural muscle museum music mustard myriad mystery name napkin narrow national nature nautical navy
near neat nebula nectar needle neon nest network next nibble nice nickel night nimble nine noble
none noon north note notice nourish novel nudge nugget number nurse nutmeg nutty nylon oaken oasis
oatcake oatmeal oboe ocean ochre octagon october odometer office often olive olympic omega omelet
onion online onward onyx opal open opera oracle orange orbit orca orchard order organ orient
origin oriole ostrich otter outcome outdoor outfit outlook output outside oval oven oxygen oyster
ozone pace pack paddle padlock page pagoda paint pair paisley palace palette palm pamphlet pancake
panda panel pansy panther papaya paper paprika parade parcel park parrot parsley party passage
pasta path patio patrol pattern pause pavilion payday peace peanut pear pebble pecan pedal pelican
pencil penguin people pepper perch pester petal pheasant phone photo piano pickle picnic picture
piece pigeon piglet pilgrim pillow pilot pine pink pinnacle pioneer pipe pitch pivot pixel pizza
place planet plate play plaza please pledge plenty plow plug plum plus pocket podcast podium poem
poet point polar pole polish polka polo pond pony poodle pool poplar poppy popular porch porridge
postcard potato pottery powder power practice prairie present pretzel primary prism prize problem
process produce profit program project promise protect proud pudding puff pulley pulse pumpkin
punch pupil puppet purchase purple purr puzzle pylon pyramid quail quality quantum queen quest
quick quiet quill quiz rabbit raccoon race racket radio raft rain raisin rake ramp ranch range
rapid raven reach reader recall receive recipe record recycle redwood reef reflect refresh region
regular reindeer rejoin relax release relic remain remember remind renew repair reply report
research resident respect return review reward rhino ribbon rice rich ride ridge ring rink ripple
rise risotto river riviera road roast robin robot rock rodeo role roller roof rookie room root
rope rose roster rotate rotor round rover rowboat royal rubber ruby rucksack rudder rugby ruler
runner runway rural rush rustic saddle safari safe saga sage sail salad salmon salon salsa salt
salute samba same sample sand sapling sapphire sardine satin saturday sauce sauna sausage savanna
save sawdust scale scarf scatter scene scholar science scissors scone scoop score scout scramble
screen scribe scroll sculptor seagull seal search season seat second secret section sedan seed
seek segment seldom select semester send senior sense sentence separate series service sesame
session settle setup seven shack shadow shampoo shape share shawl sheep shelf sheriff shield shift
shimmer shine ship shirt shoe shop shore shovel show shrimp shrub shuffle shutter sidewalk siesta
silk silo silver similar simmer simple sing sister sitcom site size skate sketch skill skin
skipper skirt skylight slate sleep slice slide slim slipper slope small smart smile smooth snack
snap sneaker snooze snorkel snow snug soap soccer social sock soda sofa soft soil solar solid solo
solve sombrero song sonic sonnet soon sort soul sound soup source south soybean space spare
spatula speak speed sphere spice spike spinach spiral splash split sponge spoon sport spot spray
spread spring sprout spruce square squid stable stadium stage stair stamp stand staple star state
stay steel stem step stereo stew still stir stitch stock stone storm stove straw stream string
stroll student style subway success sugar suggest summer sunday sunrise sunset super supper surf
surge surprise survey sushi swallow swan swap sweater sweet swift swim swing swirl switch symbol
symphony syrup system table taco tadpole taffy tailor take talent talk tall talon tandem tangent
tank tape target taste taxi teacher teak team teapot techno teddy teeth telegram tell temple
tenant tend tennis tenor tent test textile thank thimble third thorn thousand thread throne thumb
thunder thursday thyme ticket tide tidy tiger timber time tinker tinsel tiny tissue title toast
toboggan today toddler toffee toga token tomato tomorrow tone tongue tool tooth topic tornado
tortoise toucan tour toward towel town toys trace trade traffic trail travel tray treasure tree
trek trend triangle trio trip trolley trombone trophy trout truck trumpet trunk trust tube tuesday
tugboat tulip tundra tunic tunnel turbine turkey turn turtle tutor tweed twelve twenty twice twig
twilight twin twirl typical ukulele umbrella umpire under unicorn uniform union unique unit
universe unlock upbeat update uphill upkeep upland upper upright upstairs upward urban urchin
useful user vacuum valid valley value vanilla variety vault vehicle velvet verify vertical vessel
vibrant victory video view villa vine vintage vinyl viola visible vista visual vital vivid voice
volcano volley volume voyage waffle wagon wait wake walk wall walnut waltz wander want warm wash
watch water wave wealth weather wedding weekend welcome well west wetland whale wheat wheel
whisker white wide widget wiggle wild willow window wing wink winner winter wire wisdom wise wish
wizard wobble wolf woman wombat wonder wool word work world wrap wreath wrestle wrist yard yarn
year yeast yellow yoga yogurt young zebra zephyr zest zigzag zinc zipper zodiac zone zoom zucchini
`
  .trim()
  .split(/\s/);
