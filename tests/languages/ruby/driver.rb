# Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.
require 'cloud_partner_portal'
require 'json'

def connect(url, token)
  config = CloudPartnerPortal::Configuration.new
  config.scheme, config.host = url.split('://')
  config.access_token = token
  CloudPartnerPortal::OffersApi.new(CloudPartnerPortal::ApiClient.new(config))
end

def status(api, publisher, offer)
  report = api.get_offer_status(publisher, offer, '2017-10-31')
  steps = (report.steps || []).map { |step| [step.id, step.status] }
  running = CloudPartnerPortal::KnownOfferStatus::RUNNING.casecmp?(report.status.to_s)
  { decoded: report.to_hash, read: [report.status, steps, running] }
end

def offers(api, publisher)
  offers = api.list_offers(publisher, '2017-10-31')
  read = offers.map { |offer| [offer.id, offer.status, offer.version, offer.changed_time] }
  { decoded: offers.map(&:to_hash), read: read }
end

# Decodes the body of an error response, because the generated client doesn't.
def failure(error)
  unless error.is_a?(CloudPartnerPortal::ApiError) && error.code.to_i >= 300
    return { exception: "#{error.class}: #{error.message.lines.first&.chomp}" }
  end

  body = begin
    JSON.parse(error.response_body, symbolize_names: true)
  rescue JSON::ParserError
    nil
  end
  model = CloudPartnerPortal::ErrorResponse.build_from_hash(body.is_a?(Hash) ? body : {})
  service = model.product || model.variant
  code = model.error&.code || service&.exception_code
  message = model.error&.message || service&.error || model.message
  { error: { status: error.code, code: code, message: message } }
end

$stdin.set_encoding('UTF-8')
api = connect(ENV.fetch('URL'), ENV.fetch('TOKEN'))
$stdin.each_line(chomp: true) do |text|
  name, operation, publisher, offer = text.split("\t")
  line = begin
    operation == 'listOffers' ? offers(api, publisher) : status(api, publisher, offer)
  rescue StandardError => e
    failure(e)
  end
  puts JSON.generate({ case: name, **line })
end
