require 'cloud_partner_portal'

CloudPartnerPortal.configure do |config|
  config.scheme, config.host = ENV.fetch('URL').split('://')
  config.access_token = ENV.fetch('TOKEN')
end
api = CloudPartnerPortal::OffersApi.new

api.list_offers('contoso', '2017-10-31').each do |offer|
  puts "#{offer.id}: #{offer.status}"
end

report = api.get_offer_status('contoso', 'test-vm', '2017-10-31')
puts report.status
