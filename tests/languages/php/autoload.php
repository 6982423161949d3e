<?php
// Replaces the file of this name that Composer would write. Loads Guzzle from its Debian package, and the classes of the generated client.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    $file = getenv('CLIENT') . '/lib/' . str_replace(['CloudPartnerPortal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
