echo 'linux-vm: '
echo 'test-vm: running'
echo Running
