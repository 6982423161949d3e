<?php
// Stands in for the file that Composer writes: Guzzle is Debian's, the client is the generated one.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    $file = getenv('CLIENT') . '/lib/' . str_replace(['CloudPartnerPortal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
