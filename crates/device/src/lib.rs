//! Where frames come from and go to: TUN and in-memory links
