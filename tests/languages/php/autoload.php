<?php
// Replaces the file that Composer writes: loads Guzzle from its Debian package, and the generated client.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    $file = getenv('CLIENT') . '/lib/' . str_replace(['CloudPartnerPortal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
