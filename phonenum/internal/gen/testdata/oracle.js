// Answers questions about numbers with google-libphonenumber. With the argument
// "metadata" it prints the metadata of that package. Otherwise the first line of
// the input is metadata to use instead of the package's own, by territory, and
// every further line a question: ["parse", text, region] or ["short", digits,
// region]. Each question is answered by one line.
'use strict'
const readline = require('node:readline')
const lib = require('google-libphonenumber')

const util = lib.PhoneNumberUtil.getInstance()
const short = lib.ShortNumberInfo.getInstance()
const { E164, INTERNATIONAL, NATIONAL, RFC3966 } = lib.PhoneNumberFormat

function parse(text, region) {
	let n
	try {
		n = util.parse(text, region)
	} catch (err) {
		return { failure: err.message }
	}
	const extension = n.getExtension() || ''
	n.clearExtension()
	return {
		e164: util.format(n, E164), code: n.getCountryCode(), region: util.getRegionCodeForNumber(n) || '',
		possible: util.isPossibleNumber(n), valid: util.isValidNumber(n), type: util.getNumberType(n),
		international: util.format(n, INTERNATIONAL), national: util.format(n, NATIONAL), rfc3966: util.format(n, RFC3966), extension,
	}
}

function classify(digits, region) {
	const n = new lib.PhoneNumber()
	n.setCountryCode(util.getCountryCodeForRegion(region))
	n.setNationalNumber(Number(digits))
	const zeros = digits.length - String(Number(digits)).length
	if (zeros > 0) {
		n.setItalianLeadingZero(true)
		n.setNumberOfLeadingZeros(zeros)
	}
	return {
		emergency: short.isEmergencyNumber(digits, region), connects: short.connectsToEmergencyNumber(digits, region),
		valid: short.isValidShortNumberForRegion(n, region), cost: short.getExpectedCostForRegion(n, region),
	}
}

async function main() {
	if (process.argv[2] === 'metadata') {
		process.stdout.write(JSON.stringify({ plans: lib.metadata.countryToMetadata, short: lib.shortnumbermetadata.countryToMetadata }))
		return
	}
	let out = []
	let first = true
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const question = JSON.parse(line)
		if (first) {
			first = false
			Object.assign(lib.metadata.countryToMetadata, question.plans)
			Object.assign(lib.shortnumbermetadata.countryToMetadata, question.short)
			continue
		}
		const [kind, text, region] = question
		out.push(JSON.stringify(kind === 'short' ? classify(text, region) : parse(text, region)))
		if (out.length === 10000) {
			process.stdout.write(out.join('\n') + '\n')
			out = []
		}
	}
	if (out.length > 0) {
		process.stdout.write(out.join('\n') + '\n')
	}
}

main()
