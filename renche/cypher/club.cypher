// name: clubs (read) scope: clubs:read
// Clubs, in the order of their ids.
// to: (club:Club)  indexed: city, brand
MATCH (club:Club)

// name: club.members (read) scope: clubs:read
// Members of this club, each with the membership.
// from: (club:Club)  to: (person:Person)  edge: membership
MATCH (club)<-[membership:MEMBER_OF]-(person:Person)

// name: club.leads (read) scope: clubs:read
// Members who lead this club.
// from: (club:Club)  to: (person:Person)  edge: membership
MATCH (club)<-[membership:MEMBER_OF]-(person:Person)
WHERE membership.rank = 'LEAD'

// name: club.referrals (read) scope: referrals:read
// Referrals that came through this club.
// from: (club:Club)  to: (referral:Referral)
MATCH (club)<-[through:THROUGH]-(referral:Referral)
WHERE valid(through)
